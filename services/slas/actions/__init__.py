"""Use cases: load, decide, save once.

services        services, their instances and offerings
calendars       calendars and holidays, and the lists that fill them
schemes         SLA notification schemes, and follow-ups on customers who do not answer
hierarchy       the edges between service instances, drawn and agreed
agreements      SLAs: registering, changing, ending, choosing what a partner's SLA covers
first_line      FLSAs: registering and changing them
announcements   the whole of what the customer's account is told
coverage_groups whom several SLAs cover, and what each SLA covers
disclosures     what an SLA makes visible to whom, before it is saved
telling         what a provider tells the customer's account
hearing         what a customer's account makes of it
unheard         words of ours that were refused, or have no answer
asking          which agreement allows a partner's service instance, and what an agreement leads to
dates           what falls due by itself
"""
