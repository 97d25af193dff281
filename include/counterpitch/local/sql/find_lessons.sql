-- Whether there is anything to learn click-through from, when it last grew, and whether a champion scores already.
select
    (select max(landed_at) from raw.landed_file where kind in ('results', 'experiments') and rows_landed > 0) as landed_at,
    exists (select from ml.champion) as champion
