"""The people vault: who is behind a person_id. The log holds only hashes of what stands here."""

from services.vault.facts import PERSON_BYTES_MAX, BadFacts
from services.vault.store import Erased, PersonErased, UnknownPerson, Vault, open_vault

__all__ = ["PERSON_BYTES_MAX", "BadFacts", "Erased", "PersonErased", "UnknownPerson", "Vault", "open_vault"]
