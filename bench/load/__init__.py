"""The load generator: clients on picows and uvloop that speak as much Engine.IO and Socket.IO as they need."""
