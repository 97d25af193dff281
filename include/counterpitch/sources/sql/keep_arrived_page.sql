insert into raw.arrived_page (name, place, records) values (%(name)s, %(place)s, %(records)s)
