"""What contracts, members and payments must obey, whatever path they are changed by (decision 20).

They stand inside `models`, not beside: the models' own methods ask them.
"""
