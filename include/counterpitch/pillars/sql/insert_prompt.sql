insert into llm.prompt (name, version, body) values (%(name)s, %(version)s, %(body)s)
on conflict (name, version) do nothing
