# Arrays that users keep: their memory comes back when the last view of it goes, and serves again.

_UINT8 = numpy.dtype(numpy.uint8)
_UINT16 = numpy.dtype(numpy.uint16)
_UINT32 = numpy.dtype(numpy.uint32)
_INT16 = numpy.dtype(numpy.int16)
_FLOAT32 = numpy.dtype(numpy.float32)


cdef extern from "blocks.h" nogil:
    void *block_allocate(size_t size)
    void block_free(void *block, size_t size)
    void *block_resize(void *block, size_t size, size_t new_size)

cdef enum:
    BLOCKS_KEPT_BY_A_CORE = 4
    BLOCK_BYTES_KEPT = 256 << 20


@cython.final
cdef class BlockPool:
    """The blocks of one Core or batch that nobody holds, the most recently returned first."""

    def __cinit__(self, unsigned kept=BLOCKS_KEPT_BY_A_CORE):
        self.kept = kept
        platform_mutex_init(&self.pool_lock)

    def __dealloc__(self):
        self.empty()
        platform_mutex_destroy(&self.pool_lock)

    cdef void remove(self, unsigned index) noexcept nogil:
        self.bytes -= self.sizes[index]
        self.count -= 1
        while index < self.count:
            self.memory[index] = self.memory[index + 1]
            self.sizes[index] = self.sizes[index + 1]
            index += 1

    cdef void *take(self, size_t size) noexcept nogil:
        cdef void *memory = NULL
        cdef unsigned i
        platform_mutex_lock(&self.pool_lock)
        for i in range(self.count):
            if self.sizes[i] == size:
                memory = self.memory[i]
                self.remove(i)
                break
        platform_mutex_unlock(&self.pool_lock)
        return memory if memory is not NULL else block_allocate(size)

    cdef void give(self, void *memory, size_t size) noexcept nogil:
        cdef unsigned last
        cdef void *dropped = NULL
        cdef size_t dropped_size = 0
        platform_mutex_lock(&self.pool_lock)
        if self.closed or size > BLOCK_BYTES_KEPT:
            dropped = memory
            dropped_size = size
        else:
            while self.count and (self.count == self.kept or self.bytes + size > BLOCK_BYTES_KEPT):
                last = self.count - 1
                block_free(self.memory[last], self.sizes[last])
                self.remove(last)
            last = self.count
            while last:
                self.memory[last] = self.memory[last - 1]
                self.sizes[last] = self.sizes[last - 1]
                last -= 1
            self.memory[0] = memory
            self.sizes[0] = size
            self.count += 1
            self.bytes += size
        platform_mutex_unlock(&self.pool_lock)
        if dropped is not NULL:
            block_free(dropped, dropped_size)

    cdef void empty(self) noexcept nogil:
        """Free what is kept, and from now on what comes back."""
        platform_mutex_lock(&self.pool_lock)
        self.closed = True
        while self.count:
            block_free(self.memory[self.count - 1], self.sizes[self.count - 1])
            self.remove(self.count - 1)
        platform_mutex_unlock(&self.pool_lock)

    cdef object array(self, shape, dtype):
        """A new uninitialised C-contiguous array whose memory returns here."""
        cdef Block block = Block.__new__(Block)
        cdef size_t size = dtype.itemsize
        for length in shape:
            size *= length
        block.memory = self.take(size)
        if block.memory is NULL:
            raise MemoryError(f"no memory for an array of shape {shape}")
        block.size = size
        block.pool = self
        return numpy.ndarray(shape, dtype, block) if size else numpy.empty(shape, dtype)


@cython.final
cdef class Block:
    """One block in use: the owner of an array's memory."""
    cdef BlockPool pool
    cdef void *memory
    cdef size_t size

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.memory, self.size, 0, flags)

    def __dealloc__(self):
        if self.memory is not NULL:
            self.pool.give(self.memory, self.size)
