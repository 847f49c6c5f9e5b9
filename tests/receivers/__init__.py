"""Those who are told, as other people have written them: whether a message is right is theirs to say, not ours."""
