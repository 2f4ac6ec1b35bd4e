"""The read side: what the log says, as SQL tables that can be dropped and built again.

queries = open_queries(register_url)       # answers, boards, jobs, trails, searches
app = make_worker(log_url, register_url)   # services.log.run(app)
await rebuild(register_url, log); await check(register_url, log)
"""

from services.register.queries import Queries, open_queries
from services.register.search import Filters
from services.register.upkeep import Checked, check, rebuild
from services.register.worker import make_worker

__all__ = ["Checked", "Filters", "Queries", "check", "make_worker", "open_queries", "rebuild"]
