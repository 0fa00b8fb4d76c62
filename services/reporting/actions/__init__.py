"""What the service does.

recording    what is heard becomes rows
counting     days are counted ahead of who will ask
saving       reports and dashboards are made and changed
founding     the reports and dashboards that every account begins with
"""
