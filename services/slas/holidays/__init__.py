"""Where lists of holidays come from and go to: the public holidays of countries and their regions, and
iCalendar files. Nothing is saved here: `services.slas.actions.calendars` shows what is found, and saves it.

found               a holiday that was found
countries           public holidays, as the `holidays` package keeps them
icalendar_read      holidays out of a file
icalendar_rules     what comes every year
icalendar_written   holidays as a file
"""
