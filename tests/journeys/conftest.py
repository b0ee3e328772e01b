"""The real servers, shared by the journeys."""

from support.servers import azurite, s3_server, sftp_by_password, sshd

__all__ = ["azurite", "s3_server", "sftp_by_password", "sshd"]
