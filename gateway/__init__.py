"""The account's front door: the REST API v1 (`resources`) and pages (`pages`). It reads the services'
databases, and has the services do all that changes something.

app, service, context  one WSGI application, who serves it, and what views may touch
audiences, tokens, sessions, rate_limits  who calls, what he may, and how often
asked, bodies, uploads, import_forms  what a request asks and carries
records, references, kinds, public_schemas  records as the API shows them
answers, etags, links, downloads, files, workbooks, audit, errors  what is answered, also when it fails
resource  what is alike in all resources
documents, documented_failures  the OpenAPI document
"""
