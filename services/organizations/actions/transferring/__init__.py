"""Imports and exports.

transfers     they wait in a line, and are worked on some seconds at a time
imports       a file becomes records, or is told what would: `import_lines`, each with its `cells`
drafts        the records that a dry run makes
exports       records become files
sheets        what a file looks like
"""
