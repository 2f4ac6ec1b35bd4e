"""Kafka: the one list of topics (topics.toml) and what is needed to run a broker."""
