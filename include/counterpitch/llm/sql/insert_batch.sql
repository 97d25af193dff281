-- The intent, before the provider is asked: if the process dies after asking, the tag finds the batch again.
insert into llm.batch (tag, model, run, keys) values (%(tag)s, %(model)s, %(run)s, %(keys)s)
