"""Organizations, people, teams and sites.

editing        made and changed, each by one save
membership     people put on a team and taken off it
shelving       archive, trash and restore; `needed`: what stays in use
domains        whose people an e-mail address marks; `grouping` those who are there
ui_extensions  forms of custom fields; `custom_fields`: their values, as a record takes them
attaching      files beside texts and in custom fields
introductions  local ids for partners' records
"""
