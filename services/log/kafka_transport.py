"""Faust's Kafka transport with an idempotent producer (Faust makes it so only inside transactions), in runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from faust.transport.drivers import aiokafka

from services.log.delivery import DeliversInRuns


class Consumer(DeliversInRuns, aiokafka.Consumer):
    """Delivers in runs."""


class Producer(aiokafka.Producer):
    """acks=all and idempotent, always."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(aiokafka.Transport):
    """See the module."""

    Consumer: ClassVar[type] = Consumer
    Producer: ClassVar[type] = Producer
