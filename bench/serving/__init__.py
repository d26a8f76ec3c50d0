"""How Wegwijzer serves beside a stock Rasa project: throughput, latency, long chats, memory, processor time."""
