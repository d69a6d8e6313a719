"""graphql-transport-ws: messages, operations, what waits to be written, sessions and the handshake."""
