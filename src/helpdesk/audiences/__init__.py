"""Audiences: which readers see which tickets, in the served pages and in Postgres."""
