"""What every other app stands on, without a business noun: users, history, frozen rows, numbers."""
