"""What service records must obey, whatever path they come by (decision 20).

`records` asks for all of it, with `record_days` and `booking_order`; `sessions` settles what the
records of a group session say of it. They stand inside `models`, not beside: the record's own
`save` asks them, and they ask cases, contracts and other records.
"""
