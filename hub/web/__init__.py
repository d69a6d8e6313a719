"""The wire: HTTP and, later, WebSocket and SSE; speaks bytes, knows no noun."""
