SYNC = "sync"
