-- Where in the log a partition's rows are. A topic that was deleted and made again may have as many messages as the old one had: then
-- the offset says nothing, and the position of the message before it says that this is another topic. Null: from before this release.
set local lock_timeout = '3s';

alter table reporting.progress add column position bigint;

comment on column reporting.progress.position is
    'The position in the log of the newest event of the partition that is in the rows; null: not known yet.';
