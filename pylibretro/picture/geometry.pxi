# How large a core's pictures are, and how often they come, as it says.


cdef bint set_system_av_info(frontend *f, const retro_system_av_info *av_info) noexcept nogil:
    if av_info is NULL or not grow_hardware(f, &av_info.geometry):
        return False
    f.av_info = av_info[0]
    f.geometry_changes += 1
    return True


cdef bint set_geometry(frontend *f, const retro_game_geometry *geometry) noexcept nogil:
    if geometry is NULL:
        return False
    f.av_info.geometry.base_width = geometry.base_width
    f.av_info.geometry.base_height = geometry.base_height
    f.av_info.geometry.aspect_ratio = geometry.aspect_ratio
    f.geometry_changes += 1
    return True
