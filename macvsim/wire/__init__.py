"""What a packet is: immutable bytes and views of them; no time, no devices."""
