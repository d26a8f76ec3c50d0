"""How people reach us. A channel brings messages to the gateway and shows what comes out of its store."""
