insert into llm.prompt_choice (name, version, reason) values (%(name)s, %(version)s, %(reason)s)
