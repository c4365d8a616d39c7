"""Errors that the gateway knows how to report."""


class GatewayError(Exception):
    code = 4000
