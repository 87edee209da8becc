"""Files that come in: one that is too large is counted, and not kept anywhere."""

from django.core.files.uploadhandler import TemporaryFileUploadHandler

LARGEST = 12_000_000  # bytes; what a form takes is less, and the form says so


class BoundedFileUploadHandler(TemporaryFileUploadHandler):
    """Writes a file to disk as far as a form could take it. Its `size` tells how large it was."""

    def receive_data_chunk(self, raw_data, start):
        if start + len(raw_data) <= LARGEST:
            self.file.write(raw_data)
