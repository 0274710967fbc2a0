"""A HubSpot account on the loopback address, with the published API, for tests."""
