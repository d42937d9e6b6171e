"""States of a machine: saved, rewound, run ahead."""
