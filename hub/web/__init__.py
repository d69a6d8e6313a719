"""The wire: HTTP, server-sent events and WebSocket; speaks bytes, knows no noun."""
