-- What staff did, the newest first. Next to nothing beside what shoppers do, so appends hardly know of it.
create index events_by_staff on events (global_position) where metadata ->> 'actor' like 'staff%';
