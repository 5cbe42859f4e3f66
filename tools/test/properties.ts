import fc from 'fast-check'

// "At most 60 steps" means histories of up to 60 steps. By default the library makes none longer than ten, and faults that need a dozen
// steps are never found.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true })
