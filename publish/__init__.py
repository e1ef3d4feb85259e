"""From standard tables to an edition: database, linked data, files, and one pointer that is swapped last."""
