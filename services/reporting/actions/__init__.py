"""What the service does.

recording    what is heard becomes rows
counting     days are counted ahead of who will ask
rebuilding   all rows are made anew, while events go on
mending      … page by page, from what their services tell
saving       reports and dashboards are made and changed
founding     the reports and dashboards that every account begins with
"""
