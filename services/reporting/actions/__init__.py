"""What the service does.

recording    what is heard becomes rows
counting     days are counted ahead of who will ask
saving       reports and dashboards are made and changed
founding     the reports and dashboards that every account begins with
rebuilding   all rows are made anew from the services' records, beside those that are read
"""
