"""A trial on AWS: deploy, load, remove, within a limit of time; and bundle what was measured, without private values.

`trial` runs the playbooks in their order, `step` one of them, within `plan`, what the first of them allows. `bundle`
packs what they left, scrubbed by `pseudonyms`.
"""
