// Placeholder until this room's code lands.
