//! What callers see: the gateway over HTTP, with its own database and sandbox for each test.
