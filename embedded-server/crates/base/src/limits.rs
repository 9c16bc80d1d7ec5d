//! Every bound of the house in one place, each with its unit and its reason.

/// Most signs of an e-mail address: longer ones reach nobody (RFC 5321 bounds the path that holds
/// one), and an index over addresses has to hold them.
pub const EMAIL_SIGNS_MAX: usize = 254;

/// What bounds a request, a queue or a job. Read once at start from the configuration.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most rows one list answers (env `PAGE_SIZE_MAX`); a larger `limit` is cut to it and the
    /// answer says `truncated`. Exports stream without it.
    pub page_size_max: u64,
    /// Deepest relation path in `fields`, filters and sorts. Seven is what the reference allows
    /// for star expansion.
    pub relation_depth_max: usize,
    /// Most rows of one to-many relation embedded under one parent.
    pub related_rows_max: u64,
    /// Most nodes in one filter tree; a thousand conditions is a program, not a question.
    pub filter_nodes_max: usize,
    /// Deepest nesting of a filter or body.
    pub filter_depth_max: usize,
    /// Most elements in one `in` list.
    pub list_values_max: usize,
    /// Most fields a collection may have; SQLite's own ceiling for columns is 2,000.
    pub fields_max: usize,
    /// Most records in one bulk request.
    pub bulk_rows_max: usize,
    /// Largest JSON body, in bytes (the reference takes 20 MB).
    pub body_bytes_max: usize,
    /// Largest synchronous import file, in bytes.
    pub import_bytes_max: usize,
    /// Longest regular expression in a filter or rule, in bytes.
    pub pattern_bytes_max: usize,
    /// Longest time one statement may run, in milliseconds.
    pub statement_ms_max: u64,
    /// Writes waiting for the SQLite writer before new ones are refused with `UNAVAILABLE`.
    pub write_queue_max: usize,
    /// Most writes the SQLite writer puts in one commit.
    pub write_group_max: usize,
    /// For how many days the history of a record is kept (env `AUDIT_LOG_RETENTION_DAYS`) where
    /// its collection says nothing. Ninety, as the reference keeps it: a quarter of a year.
    pub history_days: u32,
    /// Answers that one reading connection of SQLite keeps while nothing is written (env
    /// `KEPT_ANSWERS_MAX`); 0 keeps none, 1,000 are
    /// the most. With 64 KiB for the largest, 64 are 4 MiB at most.
    pub kept_answers_max: usize,
    /// Least work of an answer that is worth keeping, in looks of SQLite's watch at the clock, some
    /// 0.1 ms each: below it reading anew costs less than looking for what was kept.
    pub kept_work_min: u32,
    /// Rows kept in `_change`, in milliseconds of age, once every cursor has passed them.
    pub change_keep_ms: i64,
    /// How long the values that a change of the schema took away can come back, in milliseconds.
    /// A month: what was dropped by mistake is missed when the month's accounts are made.
    pub schema_undo_ms: i64,
    /// Most records of a table that a rehearsal on Postgres rewrites without being told to, in
    /// records: its locks hold everybody else off meanwhile, for about a second with so many.
    pub rehearse_rows_max: u64,
    /// Largest file that a rehearsal on SQLite clones without being told to, in bytes: some ten
    /// seconds of copying.
    pub rehearse_bytes_max: u64,
    /// Longest time that a rehearsal on SQLite may take with its cloning, in milliseconds; ten times
    /// that with consent.
    pub rehearse_ms_max: u64,
    /// Longest lag of a feed cursor before it is reported, in rows.
    pub feed_lag_max: u64,
    /// Largest copy that is made to try an index without being asked whether it may, in bytes: on
    /// SQLite of the file, on Postgres of the table. Half a gigabyte is copied in seconds.
    pub trial_bytes_max: u64,
    /// Longest time that trying an index may take, in milliseconds; ten times that with consent.
    pub trial_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_size_max: 10_000,
            relation_depth_max: 7,
            related_rows_max: 10_000,
            filter_nodes_max: 1_000,
            filter_depth_max: 32,
            list_values_max: 10_000,
            fields_max: 1_000,
            bulk_rows_max: 50_000,
            body_bytes_max: 20 * 1024 * 1024,
            import_bytes_max: 50 * 1024 * 1024,
            pattern_bytes_max: 1_000,
            statement_ms_max: 30_000,
            write_queue_max: 4_096,
            write_group_max: 512,
            history_days: 90,
            kept_answers_max: 64,
            kept_work_min: 3,
            change_keep_ms: 24 * 60 * 60 * 1_000,
            schema_undo_ms: 30 * 24 * 60 * 60 * 1_000,
            rehearse_rows_max: 100_000,
            rehearse_bytes_max: 1024 * 1024 * 1024,
            rehearse_ms_max: 60_000,
            feed_lag_max: 100_000,
            trial_bytes_max: 512 * 1024 * 1024,
            trial_ms_max: 60_000,
        }
    }
}
