"""Services, service instances and offerings; SLAs, their coverage, and the agreement thread with partners."""
