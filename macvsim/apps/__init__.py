"""Programs that send and receive packets through sockets, written without a terminal."""
