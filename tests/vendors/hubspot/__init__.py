"""A HubSpot account with the published API on the loopback address, for tests."""
