"""The log that carries events: one contract (`base`), two implementations (`hub.bus.kafka`, `storage.log`)."""

from hub.bus.base import PUBLISH_DEADLINE_S, Bus, Entry, Partition, PartitionWorker, Record, Tail, partition_of

__all__ = ["PUBLISH_DEADLINE_S", "Bus", "Entry", "Partition", "PartitionWorker", "Record", "Tail", "partition_of"]
