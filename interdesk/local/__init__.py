"""Accounts on this machine, in one run directory.

accounts      which accounts to run
deployment    brokers, database and the processes of some accounts: started, found again, ended
local_account, environment, hosting  one account: its files, what its services are told, how they run
broker        rabbitmq, or embedded_broker with the embedded bus; certificates for either
database      the local database server
processes, ports  what is started, and where it listens
backups       an account in one file
"""
