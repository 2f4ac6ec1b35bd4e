"""Topics on Kafka: created and checked with kafka-python's admin client (synchronous: run in a thread)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from services.log.errors import LogUnavailable
from services.log.interface import TopicsReport
from services.log.topics import PARTITIONS, TOPICS, Topic

REPLICAS = 3  # of a production cluster; fewer where there are fewer brokers
MIN_IN_SYNC = 2
TIMEOUT_MS = 30_000
FSYNCED = "durable: every record is fsynced (flush.messages=1) before it is acknowledged"
REPLICATED = (
    "replicated: a record is acknowledged by at least {0} of {1} brokers, in memory; it survives the loss of a broker, "
    "not a power failure of all"
)
CACHED = (
    "cached: a record is acknowledged from the broker's memory; it survives the end of the broker's process, "
    "not a power failure (use 3 brokers, or flush.messages=1)"
)


@contextmanager
def _admin(servers: list[str]) -> Iterator[KafkaAdminClient]:
    try:
        client = KafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=TIMEOUT_MS)
    except KafkaError as error:
        raise LogUnavailable(f"no Kafka broker answers at {', '.join(servers)}: {error}") from error
    try:
        yield client
    except KafkaError as error:
        raise LogUnavailable(f"Kafka at {', '.join(servers)}: {error}") from error
    finally:
        client.close()


def configuration(topic: Topic, replicas: int) -> dict[str, str]:
    """What a topic is created with."""
    config = {
        "cleanup.policy": "delete",
        "retention.ms": _retention_ms(topic),
        "retention.bytes": "-1",
        "message.timestamp.type": topic.timestamp,
        "unclean.leader.election.enable": "false",
    }
    if replicas >= REPLICAS:
        config["min.insync.replicas"] = str(MIN_IN_SYNC)
    return config


def _retention_ms(topic: Topic) -> str:
    return "-1" if topic.retention_s is None else str(topic.retention_s * 1_000)


def ensure(url: str, servers: list[str]) -> TopicsReport:
    """Create the topics that are missing, then check all. An existing topic is never changed."""
    with _admin(servers) as admin:
        there = set(admin.list_topics())
        missing = {name: topic for name, topic in TOPICS.items() if name not in there}
        if missing:
            replicas = min(REPLICAS, len(admin.describe_cluster()["brokers"]))
            wanted = {
                name: {
                    "num_partitions": PARTITIONS["kafka"],
                    "replication_factor": replicas,
                    "configs": configuration(topic, replicas),
                }
                for name, topic in missing.items()
            }
            try:
                admin.create_topics(wanted, wait_for_metadata=True)
            except TopicAlreadyExistsError:  # another service made them at the same time
                admin.wait_for_topics(list(missing))
        return _report(url, admin)


def check(url: str, servers: list[str]) -> TopicsReport:
    """Compare the cluster with topics.toml."""
    with _admin(servers) as admin:
        return _report(url, admin)


def _report(url: str, admin: KafkaAdminClient) -> TopicsReport:
    there = set(admin.list_topics())
    missing = sorted(set(TOPICS) - there)
    if missing:
        absent = tuple(f"topic {name} is missing: run `sevengates topics ensure`" for name in missing)
        return TopicsReport(url, absent, "none: the topics are not there")
    described = {topic["name"]: topic["partitions"] for topic in admin.describe_topics(list(TOPICS))}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in TOPICS]
    configs = admin.describe_configs(resources, config_filter="all")["topic"]
    problems: list[str] = []
    promises = []
    for name, topic in TOPICS.items():
        config = {key: row["value"] for key, row in configs[name].items()}
        partitions = described[name]
        replicas = min(len(partition["replica_nodes"]) for partition in partitions)
        problems += _problems(topic, len(partitions), replicas, config)
        if topic.kept_for_ever:
            promises.append(_promise(replicas, config))
    return TopicsReport(url, tuple(problems), min(promises, key=_strength))


def _problems(topic: Topic, partitions: int, replicas: int, config: dict[str, Any]) -> Iterator[str]:
    if partitions != PARTITIONS["kafka"]:
        yield (
            f"{topic.name} has {partitions} partitions, topics.toml says {PARTITIONS['kafka']}: "
            "partition counts are fixed when a topic is made"
        )
    wanted = configuration(topic, replicas)
    for key, value in wanted.items():
        if key == "min.insync.replicas":
            if int(config[key]) < MIN_IN_SYNC:
                yield f"{topic.name} has {key}={config[key]}, it must be at least {MIN_IN_SYNC}"
        elif config[key] != value:
            yield f"{topic.name} has {key}={config[key]}, it must be {value}"


def _promise(replicas: int, config: dict[str, Any]) -> str:
    if config["flush.messages"] == "1":
        return FSYNCED
    in_sync = int(config["min.insync.replicas"])
    return REPLICATED.format(in_sync, replicas) if replicas >= REPLICAS and in_sync >= MIN_IN_SYNC else CACHED


def _strength(promise: str) -> int:
    return 0 if promise == CACHED else 1 if promise != FSYNCED else 2
