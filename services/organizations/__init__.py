"""The account itself: organizations, people, teams, roles and tokens; trusts and key rings."""
