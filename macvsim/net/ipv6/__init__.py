"""The IPv6 of a namespace: `stack.Ipv6` puts its layers together."""
