//! The words of the HTTP API: problems, upload options, link tokens, the task object
