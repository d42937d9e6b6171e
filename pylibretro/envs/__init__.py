"""Games as environments of Gymnasium, PettingZoo and learning libraries."""
